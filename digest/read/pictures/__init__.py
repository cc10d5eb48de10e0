"""Pictures of posts: foreign bytes in, small harmless files out."""
