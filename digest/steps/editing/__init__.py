"""What an editor does with a draft: look, change, check, approve."""
