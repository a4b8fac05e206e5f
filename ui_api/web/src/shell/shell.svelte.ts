// What lies over the page at the moment.

class ShellState {
  palette = $state(false);
  help = $state(false);
  drawer = $state(false);
}

export const shell = new ShellState();
