"use strict";
// Runs before textual.js: tells it where its WebSocket is, and what it opens goes through here.
const openPlainly = window.open.bind(window);
window.open = (address, target) => {
  const url = new URL(address, location.href);
  if (url.origin === location.origin && url.pathname.startsWith("/download/")) {
    url.pathname = "/portal" + url.pathname;
  } else if (url.protocol !== "http:" && url.protocol !== "https:") {
    return null;
  }
  return openPlainly(url, target === "_self" ? "_blank" : target, "noopener,noreferrer");
};
// A page that is resized or focused early would speak before the connection stands; on its opening the size is told anyway.
const sendPlainly = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (this.readyState === WebSocket.OPEN) {
    sendPlainly.call(this, data);
  }
};
document.addEventListener("DOMContentLoaded", () => {
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const sanitized = new URLSearchParams(location.search).get("sanitized") === "1"; // for pictures that anyone may see
  const path = sanitized ? "/portal/ws/sanitized" : "/portal/ws"; // textual.js puts the size behind it, with a `?`
  document.getElementById("terminal").dataset.sessionWebsocketUrl = scheme + location.host + path;
  const focused = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      focused.disconnect();
      document.querySelector(".xterm-helper-textarea").focus(); // keys work at once, without a click
    }
  });
  focused.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  document.getElementById("again").addEventListener("click", () => location.reload());
  document.getElementById("leave").addEventListener("click", async () => {
    await fetch("/portal/logout", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    location.reload();
  });
});
