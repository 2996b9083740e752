// Package console is what people sign in to: pages made on the server, in English and French, that work without
// JavaScript and are quicker with it.
//
// Every page is a handler, func(v *visit) error, in the file of its noun; routes.go lists them all. A handler asks a
// service, puts what it got into one of the few shapes below, and hands it to a method of the visit. Nobody writes HTML
// for a single page unless no shape fits.
//
//	list     rows with search, filters, paging and CSV                v.list(l)
//	detail   one record: facts, tables, charts, and what can be done  v.detail(d)
//	form     fields that keep what was typed and name what is wrong   v.form(f)
//
// A form that changes something dangerous is a form too: it says in points what will happen, and to how many. What a
// handler returns as an error becomes a page, or, in a form, the message beside the field: see visit.refuse.
//
// Texts come from the catalogue by dotted keys: v.T("flights.title"). Rights are checked by the verbs themselves;
// pages hide what a role cannot do, but hiding is never the protection.
package console
