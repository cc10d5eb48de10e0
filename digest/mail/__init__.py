"""The e-mail: rendered, made into bytes, signed, sent."""
