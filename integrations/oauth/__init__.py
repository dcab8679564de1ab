"""Apps of others that a business lets in: OAuth 2, by the library, on our terms."""
