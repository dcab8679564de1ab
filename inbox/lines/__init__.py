"""Pages about how lines answer, when the business is open, and what was left on its voicemail."""
