"""What an editor does with a draft: view, change, check, approve."""
