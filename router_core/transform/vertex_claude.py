"""`vertex-claude`: Anthropic's format as Vertex AI takes it, for a gateway before Vertex with auth of its own: the
model in the path, version and betas in the body.

Kind `vertex` does this, and Google's logins, by itself. The body is put together in outgoing_google.py.
"""

from router_core.transform.transformer import Transformer

TRANSFORMER = Transformer("vertex-claude", format="anthropic", on_vertex=True)
