"""The e-mail: rendered, made into bytes, signed, sent, and read when it comes back."""
