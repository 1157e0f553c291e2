"""Every client format against every provider format, feature by feature, as the official SDKs see it."""
