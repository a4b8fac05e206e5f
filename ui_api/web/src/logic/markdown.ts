// The markdown that models write, as blocks to be shown as elements: no HTML ever comes out of it.

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "strong"; children: Inline[] }
  | { type: "em"; children: Inline[] }
  | { type: "link"; href: string; children: Inline[] };

export type Block =
  | { type: "paragraph"; children: Inline[] }
  | { type: "heading"; level: number; children: Inline[] }
  | { type: "code"; language: string; text: string }
  | { type: "list"; ordered: boolean; items: Inline[][] }
  | { type: "quote"; children: Inline[] }
  | { type: "table"; rows: Inline[][][] }
  | { type: "rule" };

const ITEM = /^\s{0,6}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const ROW = /^\s*\|(.+)\|\s*$/;

export function blocks(source: string): Block[] {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const found: Block[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length) found.push({ type: "paragraph", children: inlines(paragraph.join("\n")) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const fence = /^\s{0,3}(```+|~~~+)\s*([\w+#.-]*)/.exec(line);
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const item = ITEM.exec(line);
    if (fence) {
      flush();
      const text: string[] = [];
      while (++at < lines.length && !lines[at]!.trim().startsWith(fence[1]!)) text.push(lines[at]!);
      found.push({ type: "code", language: fence[2] ?? "", text: text.join("\n") });
    } else if (heading) {
      flush();
      found.push({ type: "heading", level: heading[1]!.length, children: inlines(heading[2]!) });
    } else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) {
      flush();
      found.push({ type: "rule" });
    } else if (item) {
      flush();
      const ordered = item[1] !== undefined;
      const last = found.at(-1);
      const list = last?.type === "list" && last.ordered === ordered ? last : null;
      if (list) list.items.push(inlines(item[2]!));
      else found.push({ type: "list", ordered, items: [inlines(item[2]!)] });
    } else if (/^\s{0,3}>/.test(line)) {
      flush();
      const text = [line.replace(/^\s{0,3}>\s?/, "")];
      while (/^\s{0,3}>/.test(lines[at + 1] ?? "")) text.push(lines[++at]!.replace(/^\s{0,3}>\s?/, ""));
      found.push({ type: "quote", children: inlines(text.join("\n")) });
    } else if (ROW.test(line) && /^[\s|:-]+$/.test(lines[at + 1] ?? "")) {
      flush();
      const rows = [cells(line)];
      at++;
      while (ROW.test(lines[at + 1] ?? "")) rows.push(cells(lines[++at]!));
      found.push({ type: "table", rows });
    } else if (!line.trim()) {
      flush();
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return found;
}

function cells(line: string): Inline[][] {
  return ROW.exec(line)![1]!.split("|").map((cell) => inlines(cell.trim()));
}

const INLINE = /(`+)([\s\S]+?)\1|\*\*([^\s*][\s\S]*?)\*\*|\*([^\s*][^*\n]*?)\*|\[([^\]\n]+)\]\(([^)\s]+)\)/;

export function inlines(source: string): Inline[] {
  const found: Inline[] = [];
  let rest = source;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) found.push({ type: "text", text: rest.slice(0, match.index) });
    if (match[2] !== undefined) found.push({ type: "code", text: match[2] });
    else if (match[3] !== undefined) found.push({ type: "strong", children: inlines(match[3]) });
    else if (match[4] !== undefined) found.push({ type: "em", children: inlines(match[4]) });
    else if (/^https?:\/\//i.test(match[6]!)) found.push({ type: "link", href: match[6]!, children: inlines(match[5]!) });
    else found.push({ type: "text", text: match[0] });
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) found.push({ type: "text", text: rest });
  return found;
}
