"""`vertex-gemini`: Gemini's format at Vertex's paths, for a gateway before Vertex AI with auth of its own.

Kind `vertex` does this, and Google's logins, by itself. The paths are put together in outgoing_google.py.
"""

from router_core.transform.transformer import Transformer

TRANSFORMER = Transformer("vertex-gemini", format="gemini", on_vertex=True)
