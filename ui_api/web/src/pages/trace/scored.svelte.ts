// When the last score was given on this page: lists of scores ask again then.

class Scored {
  last = $state(0);
}

export const scored = new Scored();
