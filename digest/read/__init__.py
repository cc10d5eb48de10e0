"""Reading posts: their text, its sentences, a summary, a theme, an order."""

import os

# Posts are spread over processes and the matrices of one post are small: threads of the linear algebra library's own
# would more than double the processor time. It reads this when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
