"use strict";
// Opens a session by the one-time code or the admin token, and goes to the app; else says why not.
async function openSession(proof) {
  const answer = await fetch("/portal/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(proof),
  }).catch(() => null);
  if (answer !== null && answer.ok) {
    location.replace("/portal" + location.search);
    return;
  }
  const message = document.getElementById("message");
  message.className = "bad";
  const said = answer === null ? null : await answer.json().catch(() => null);
  message.textContent = (said && said.error && said.error.message) || "The router does not answer.";
}
