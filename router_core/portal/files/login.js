"use strict";
document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.getElementById("token");
  const message = document.getElementById("message");
  const token = field.value.trim();
  field.value = "";
  const answer = await fetch("/portal/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ admin_token: token }),
  }).catch(() => null);
  if (answer !== null && answer.ok) {
    location.replace("/portal" + location.search);
    return;
  }
  message.className = "bad";
  const said = answer === null ? null : await answer.json().catch(() => null);
  message.textContent = (said && said.error && said.error.message) || "The router does not answer.";
  field.focus();
});
