package app

// WriteManifest is what Manifest writes.
func WriteManifest(a App, states []ScopeState) []byte { return writeManifest(a, states) }

// ReadManifest returns some of what a manifest says.
func ReadManifest(doc []byte) (name, description, why string, err error) {
	m, err := readManifest(doc)
	if err != nil {
		return "", "", "", err
	}
	set(&name, m.patch.Name)
	set(&description, m.patch.Description)
	if m.scopes != nil && len(*m.scopes) > 0 {
		why = (*m.scopes)[0].why
	}
	return name, description, why, nil
}
