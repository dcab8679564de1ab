"""The pages of the rules: read as sentences, tried before they hold, kept in versions."""
