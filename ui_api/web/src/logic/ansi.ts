// A line that was meant for a terminal: its colours kept, everything else that steers one dropped.

export interface Run {
  text: string;
  /** 0 to 7 as terminals number them, null for the usual. */
  colour: number | null;
  bold: boolean;
}

const ESCAPE = /\x1b\[([0-9;]*)m|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1f\x7f]/g;

export function runs(line: string): Run[] {
  const shown = line.slice(line.lastIndexOf("\r") + 1);
  const found: Run[] = [];
  let colour: number | null = null;
  let bold = false;
  let at = 0;
  const add = (text: string) => {
    if (text) found.push({ text, colour, bold });
  };
  for (const match of shown.matchAll(ESCAPE)) {
    add(shown.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] === undefined) continue;
    for (const code of match[1].split(";").map(Number)) {
      if (code === 0) [colour, bold] = [null, false];
      else if (code === 1) bold = true;
      else if (code === 22) bold = false;
      else if (code >= 30 && code <= 37) colour = code - 30;
      else if (code >= 90 && code <= 97) colour = code - 90;
      else if (code === 39) colour = null;
    }
  }
  add(shown.slice(at));
  return found;
}
