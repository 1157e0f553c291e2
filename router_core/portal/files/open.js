"use strict";
// The code stands behind the #: it is sent to nobody but by this request, and to no log.
const code = location.hash.slice(1);
history.replaceState(null, "", location.pathname + location.search);
openSession({ code: code });
