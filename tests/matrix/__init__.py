"""Who may do what: every address times everybody who may ask for it, with the expected answer."""
