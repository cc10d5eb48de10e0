"""From messages to the mail server's replies: the conversation, the connections, the outbox."""
