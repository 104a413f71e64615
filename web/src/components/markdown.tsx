import { Lexer, type Token, type Tokens } from "marked";
import { Fragment, type ReactNode } from "react";
import classes from "./markdown.module.css";

/** Deeper than this, what is written is shown as it is. */
const DEPTH_MAX = 24;

/**
 * Shows Markdown as React elements. Nothing of the text ever becomes HTML: tags in it are shown as text, links lead only to
 * web pages and mail, and pictures are shown as links, since the page loads none from elsewhere.
 */
export function Markdown({ text }: { text: string }) {
  return <div className={classes.markdown}>{render(text)}</div>;
}

function render(text: string): ReactNode {
  try {
    return blocks(new Lexer({ gfm: true }).lex(text), 0);
  } catch {
    // Text that the parser gives up on is still text.
    return <p className={classes.plain}>{text}</p>;
  }
}

function blocks(tokens: Token[], depth: number): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{block(token, depth)}</Fragment>);
}

function block(token: Token, depth: number): ReactNode {
  if (depth > DEPTH_MAX) return token.raw;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return <Heading level={(token as Tokens.Heading).depth}>{children(token, depth)}</Heading>;
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case "blockquote":
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens, depth + 1)}</blockquote>;
    case "hr":
      return <hr />;
    case "list":
      return list(token as Tokens.List, depth);
    case "table":
      return table(token as Tokens.Table, depth);
    case "paragraph":
      return <p>{children(token, depth)}</p>;
    case "text":
      return children(token, depth);
    default:
      // Tags of HTML and whatever else there is.
      return <p className={classes.plain}>{token.raw.trim()}</p>;
  }
}

/** The page has a heading of its own above the text, so those of the text begin one lower. */
function Heading({ level, children: words }: { level: number; children: ReactNode }) {
  if (level <= 1) return <h2>{words}</h2>;
  if (level === 2) return <h3>{words}</h3>;
  return <h4>{words}</h4>;
}

function list({ ordered, start, items }: Tokens.List, depth: number): ReactNode {
  const entries = items.map((item, index) => (
    <li key={index} className={item.task ? classes.task : undefined}>
      {item.task && (item.checked ? "☑ " : "☐ ")}
      {blocks(
        item.tokens.filter(({ type }) => type !== "checkbox"),
        depth + 1,
      )}
    </li>
  ));
  return ordered ? <ol start={typeof start === "number" ? start : undefined}>{entries}</ol> : <ul>{entries}</ul>;
}

function table({ header, rows }: Tokens.Table, depth: number): ReactNode {
  return (
    <div className={classes.scroll} role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {header.map((cell, index) => (
              <th key={index}>{inline(cell.tokens, depth)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{inline(cell.tokens, depth)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function children(token: Token, depth: number): ReactNode {
  return "tokens" in token && token.tokens ? inline(token.tokens, depth + 1) : decoded(textOf(token));
}

function inline(tokens: Token[], depth: number): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{span(token, depth)}</Fragment>);
}

function span(token: Token, depth: number): ReactNode {
  if (depth > DEPTH_MAX) return token.raw;
  switch (token.type) {
    case "strong":
      return <strong>{children(token, depth)}</strong>;
    case "em":
      return <em>{children(token, depth)}</em>;
    case "del":
      return <del>{children(token, depth)}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "link":
      return <Out href={(token as Tokens.Link).href}>{children(token, depth)}</Out>;
    case "image": {
      const { href, text } = token as Tokens.Image;
      return <Out href={href}>{text || href}</Out>;
    }
    case "escape":
      return (token as Tokens.Escape).text;
    case "text":
      return children(token, depth);
    default:
      return token.raw;
  }
}

/** A link to elsewhere; anything but web pages and mail is shown as its words alone. */
function Out({ href, children: words }: { href: string; children: ReactNode }) {
  const safe = safeHref(href);
  if (!safe) return <span>{words}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow">
      {words}
    </a>
  );
}

/** The address, when it is a whole one of the web or of mail; null otherwise. */
export function safeHref(href: string): string | null {
  if (!URL.canParse(href)) return null;
  const { protocol } = new URL(href);
  return ["https:", "http:", "mailto:"].includes(protocol) ? href : null;
}

function textOf(token: Token): string {
  return "text" in token && typeof token.text === "string" ? token.text : token.raw;
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** `&amp;` → `&`: the parser leaves entities as they are written. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name) return NAMED[String(name).toLowerCase()] ?? whole;
    const code = decimal ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
