package tracing

// features says which ways of looking work here.
func (s *Session) features() []Feature {
	add := func(name string, err error, remedy string) Feature {
		f := Feature{Name: name, Available: err == nil}
		if err != nil {
			f.Reason, f.Remedy = reasonOf(err), remedy
		}
		return f
	}
	features := []Feature{}
	if s.options.Sites == nil || len(s.options.Sites) > 0 {
		features = append(features, add("probe sites", s.probeErr, "run as root"))
	}
	return features
}
