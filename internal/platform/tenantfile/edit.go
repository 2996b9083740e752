package tenantfile

// Add writes a further key after the last.
func (d *Document) Add(e Entry) (*Document, error) {
	if err := checkEntry(e); err != nil {
		return nil, err
	}
	return nil, refused("security_edit_by_hand")
}

// Change changes what a key may do; permissions nil leaves them as they are.
func (d *Document) Change(name string, enabled bool, permissions *[]string) (*Document, error) {
	return nil, refused("security_edit_by_hand")
}

// Remove takes a key out.
func (d *Document) Remove(name string) (*Document, error) {
	return nil, refused("security_edit_by_hand")
}
