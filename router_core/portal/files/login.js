"use strict";
document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.getElementById("token");
  const token = field.value.trim();
  field.value = "";
  await openSession({ admin_token: token });
  field.focus();
});
document.querySelector("button").disabled = false; // from now on somebody listens
