"""Who is told of what by which way: live, web push, e-mail, staff texts and the firm's chat."""
