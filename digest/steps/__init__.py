"""What Digest does, one verb a file: opens what it needs, calls the pure parts, commits, returns a report.

Each package is a stage; a stage may call the ones before it:
`collecting` → `composing` → `editing` → `sending` → `subscribers`. What spans all of them lies here.
"""
