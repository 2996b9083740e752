package flight

// Limit makes the service take fewer flights for many, so that a small school is browsed as a large one.
func (s *Service) Limit(few, look int) { s.limits = limits{few: few, look: look} }
