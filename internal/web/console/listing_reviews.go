package console

import (
	"airside/internal/platform/app"
	"airside/internal/platform/market"
)

// listingReviews is what builders have handed in to be published, for the platform's reviewers, the oldest first.
func (v *visit) listingReviews() error {
	status := market.ReviewStatus(v.query("status"))
	if status == "" {
		status = market.Pending
	}
	l := list{Title: v.T("reviews.listings"), Intro: v.T("reviews.listings_intro"), Name: "listing-reviews",
		Filters: []field{{Name: "status", Label: v.T("apps.state"), Kind: "select", Options: v.reviewStates(app.Pending, app.Approved, app.Denied, app.Withdrawn)}},
		Columns: []column{{Label: v.T("reviews.listing")}, {Label: v.T("apps.builder")}, {Label: v.T("reviews.waits")}, {Label: v.T("reviews.changes")}, {Label: v.T("apps.state")}},
		Empty:   empty{Title: v.T("reviews.empty"), Text: v.T("reviews.empty_text")}}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Market.ListReviews(v.ctx(), v.Who, market.ReviewFilter{Status: status}, p)
		return rowsOf(found, market.Review.Position, func(r market.Review) row {
			return row{Href: v.Path("listing-reviews", string(r.ID)), Cells: []cell{sub(r.Offer.Name, r.Offer.Summary), txt(r.Builder.Name), txt(v.age(int64(r.AgeHours))),
				txt(v.diffSum(r.Diff)), v.reviewState(app.ReviewStatus(r.Status))}}
		}), err
	}
	return v.list(l)
}

func (v *visit) listingReviewTrail() []link {
	return []link{{Label: v.T("reviews.listings"), Href: v.Path("listing-reviews")}}
}

// listingReview is the page of one listing that was handed in: what changes, and what would be published.
func (v *visit) listingReview() error {
	r, err := v.c.Market.GetReview(v.ctx(), v.Who, market.ReviewID(v.id()))
	if err != nil {
		return err
	}
	d := detail{Title: v.T("reviews.listing_title", "name", r.Offer.Name), Badges: []cell{v.reviewState(app.ReviewStatus(r.Status))}, Intro: r.Offer.Summary, Back: v.listingReviewTrail(),
		Sections: append([]section{{Title: v.T("apps.about"), Facts: v.listingReviewFacts(r), Wide: true}}, v.reviewedSections(r)...)}
	if r.Status == market.Pending {
		path := func(verb string) string { return v.Path("listing-reviews", string(r.ID), verb) }
		d.Actions = []action{{Label: v.T("reviews.publish"), Href: path("approve"), Primary: true}, {Label: v.T("reviews.deny"), Href: path("deny"), Danger: true}}
	}
	return v.detail(d)
}

func (v *visit) reviewedSections(r market.Review) []section {
	return append([]section{v.offerDiff(r.Diff)}, v.offerSections(r.Offer)...)
}

func (v *visit) listingReviewFacts(r market.Review) []fact {
	all := []fact{is(v.T("apps.builder"), r.Builder.Name)}
	if r.Former != nil {
		all = append(all, is(v.T("reviews.former_builder"), r.Former.Name))
	}
	all = append(all, is(v.T("reviews.waits"), v.age(int64(r.AgeHours))), is(v.T("reviews.submitted"), v.who(r.SubmittedBy, v.Time(r.SubmittedAt))))
	if r.DecidedAt != 0 {
		all = append(all, is(v.T("apps.decided"), v.who(r.DecidedBy, v.Time(r.DecidedAt))), is(v.T("apps.reason"), r.Reason))
	}
	return all
}

func (v *visit) approveListing() error { return v.decideListing(false) }
func (v *visit) denyListing() error    { return v.decideListing(true) }

func (v *visit) decideListing(deny bool) error {
	r, err := v.c.Market.GetReview(v.ctx(), v.Who, market.ReviewID(v.id()))
	if err != nil {
		return err
	}
	here := v.Path("listing-reviews", string(r.ID))
	f := v.decision(deny)
	f.Cancel, f.Back = here, append(v.listingReviewTrail(), link{Label: r.Offer.Name, Href: here})
	f.Shown = []section{v.offerDiff(r.Diff)}
	f.Title = v.T("reviews.publish_listing", "name", r.Offer.Name)
	verb, done := v.c.Market.Approve, "done.listing_published"
	if deny {
		f.Title = v.T("reviews.deny_listing", "name", r.Offer.Name)
		verb, done = v.c.Market.Deny, "done.review_denied"
	} else {
		f.Submit = v.T("reviews.publish")
		if len(r.Diff.ScopesRemoved)+len(r.Diff.EventTypesRemoved) > 0 && !r.Diff.First {
			f.Points = []string{v.T("reviews.publish_narrows")}
		}
	}
	if !v.posted() {
		return v.form(f)
	}
	if _, err := verb(v.once(), v.Who, r.ID, v.value("reason")); err != nil {
		return v.refuse(f, err)
	}
	return v.redirect(here, done)
}
