"""Evidence for court: the ledger's verifier and the export of everything about one number."""
