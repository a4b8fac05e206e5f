// Now, to the second; and whether anybody looks. A hidden tab asks for nothing.

class Clock {
  now = $state(Date.now());
  seen = $state(!document.hidden);
}

export const clock = new Clock();

setInterval(() => {
  if (clock.seen) clock.now = Date.now();
}, 1000);

document.addEventListener("visibilitychange", () => {
  clock.seen = !document.hidden;
  if (clock.seen) clock.now = Date.now();
});
