// The editor of SQL: CodeMirror, in a shadow root, because only there its styles come as a sheet and
// not as an element, which the page's policy forbids.
import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { sql, SQLDialect } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder, type DecorationSet } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { SqlView } from "../../api/types";
import { columnsNamed } from "../../logic/sql_columns";
import type { Place } from "../../logic/sql_errors";
import { KEYWORDS, TYPES } from "./words";

export interface Editor {
  text(): string;
  /** Put a text in the place of all that is there. */
  replace(text: string): void;
  /** Put a text where the cursor is. */
  insert(text: string): void;
  /** Underline what is wrong; null: nothing is. */
  underline(place: Place | null): void;
  focus(): void;
  destroy(): void;
}

const CLICKHOUSE = SQLDialect.define({
  keywords: KEYWORDS, types: TYPES, backslashEscapes: true, hashComments: true, identifierQuotes: "`\"", operatorChars: "*+-%<>!=&|^/~?:",
});

const wrong = StateEffect.define<Place | null>();
const underlined = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, change) {
    for (const effect of change.effects) {
      if (effect.is(wrong)) return effect.value ? Decoration.set([Decoration.mark({ class: "wrong" }).range(effect.value.from, effect.value.to)]) : Decoration.none;
    }
    // What was wrong has changed: whether it still is, only the next answer says.
    return change.docChanged ? Decoration.none : shown;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Chromium keeps the looks of a selection that is typed over in a style attribute, which the page's
// policy refuses with a complaint: so that text is put in here, brackets and quotes (which go
// around a selection) excepted.
const typingOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const typed = event.inputType === "insertText" ? event.data : null;
    if (!typed || view.composing || view.state.selection.main.empty || /^[([{'"`]$/.test(typed)) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(typed), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

const LOOKS = EditorView.theme({
  "&": { height: "100%", background: "var(--surface)", color: "var(--text)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { background: "var(--surface)", color: "var(--faint)", border: "none", paddingLeft: "6px" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "transparent" },
  "&.cm-focused .cm-activeLine": { background: "color-mix(in srgb, var(--hover) 70%, transparent)" },
  "& .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "color-mix(in srgb, var(--accent) 24%, transparent)" },
  ".cm-placeholder": { color: "var(--faint)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { background: "var(--accent-soft)", outline: "none" },
  ".wrong": { textDecoration: "underline wavy var(--bad)", textUnderlineOffset: "4px", background: "var(--bad-soft)" },
  ".cm-tooltip": { border: "1px solid var(--line)", borderRadius: "8px", background: "var(--surface)", color: "var(--text)", boxShadow: "var(--shadow)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "240px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 10px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-soft)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "650" },
  ".cm-completionInfo": { padding: "8px 10px", fontFamily: "var(--face)" },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--kind-generation)", fontWeight: "550" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: tags.typeName, color: "var(--accent)" },
  { tag: [tags.lineComment, tags.blockComment], color: "var(--faint)", fontStyle: "italic" },
]);

/** Columns without a view before them: what comes with CodeMirror offers only those behind a dot. */
function columns(views: readonly SqlView[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/\w+/);
    const isElsewhere = context.matchBefore(/\.\w*/) ?? context.matchBefore(/\b(from|join)\s+\w*/i);
    if ((!word && !context.explicit) || isElsewhere) return null;
    const options = columnsNamed(views, context.state.doc.toString()).map((one) => ({ label: one.name, type: "property", detail: one.type, info: one.meaning, boost: 1 }));
    return { from: word?.from ?? context.pos, options, validFor: /^\w*$/ };
  };
}

/** An editor in `host`. `onrun` is told of ⌘↵ (Ctrl+↵). */
export function openEditor(host: HTMLElement, asked: { text: string; views: readonly SqlView[]; onrun: () => void; onchange: (text: string) => void }): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const schema = Object.fromEntries(
    asked.views.map((view) => [view.name, {
      self: { label: view.name, type: "type", detail: view.meaning },
      children: view.columns.map((column) => ({ label: column.name, type: "property", detail: column.type, info: column.meaning })),
    }]),
  );
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: asked.text,
      extensions: [
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), closeBrackets(), autocompletion({ icons: false }),
        sql({ dialect: CLICKHOUSE, schema, upperCaseKeywords: true }), CLICKHOUSE.language.data.of({ autocomplete: columns(asked.views) }), syntaxHighlighting(COLOURS), LOOKS, underlined, typingOver,
        EditorView.lineWrapping, placeholder("SELECT … FROM traces"),
        EditorView.contentAttributes.of({ "aria-label": "Query", spellcheck: "false", autocapitalize: "off" }),
        EditorView.updateListener.of((change) => change.docChanged && asked.onchange(change.state.doc.toString())),
        keymap.of([
          { key: "Mod-Enter", run: (view) => (closeCompletion(view), asked.onrun(), true) },
          // Tab goes on to the next thing of the page, so that nobody is caught here.
          ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap.filter((one) => one.key !== "Mod-Enter"), ...historyKeymap,
        ]),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    replace: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length } }),
    insert: (text) => view.dispatch(view.state.replaceSelection(text)),
    underline: (place) => {
      const end = view.state.doc.length;
      const shown = place && place.from < end ? { from: place.from, to: Math.min(place.to, end) } : null;
      view.dispatch({ effects: wrong.of(shown) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
