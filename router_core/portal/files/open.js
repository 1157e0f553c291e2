"use strict";
// The code stands behind the #: it is sent to nobody but by this request, and to no log.
(async () => {
  const message = document.getElementById("message");
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  const answer = await fetch("/portal/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: code }),
  }).catch(() => null);
  if (answer !== null && answer.ok) {
    location.replace("/portal" + location.search);
    return;
  }
  message.className = "bad";
  const said = answer === null ? null : await answer.json().catch(() => null);
  message.textContent = (said && said.error && said.error.message) || "The router does not answer.";
})();
