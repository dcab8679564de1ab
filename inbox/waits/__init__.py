"""Nothing unanswered: who waits since when, what was promised, and how that is told and counted."""
