"""The only code that knows mitmproxy: read the flow, ask router_core, write the flow."""
