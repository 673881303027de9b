import { Fragment, memo, useMemo, type ReactNode } from "react";
import { CopyButton } from "@tenon/ui";
import { parseBlocks, type Block, type Inline } from "./markdown-parse";
import styles from "./markdown.module.css";

type Cite = (index: number) => ReactNode;

/** `cite` draws the chip of a citation, or gives null where there is none of that number. */
export const Markdown = memo(function Markdown({ text, cite }: { text: string; cite: Cite }) {
  const blocks = useMemo(() => parseBlocks(text), [text]);
  return <div className={styles.markdown}>{blocks.map((block, at) => <BlockView key={at} block={block} cite={cite} />)}</div>;
});

function BlockView({ block, cite }: { block: Block; cite: Cite }): ReactNode {
  switch (block.kind) {
    case "paragraph":
      return <p>{inline(block.children, cite)}</p>;
    case "heading": {
      /* The page's own headings end at level 2. */
      const Heading = block.level <= 2 ? "h3" : "h4";
      return <Heading>{inline(block.children, cite)}</Heading>;
    }
    case "code":
      return (
        <div className={styles.code}>
          <div className={styles.codeHead}>
            <span>{block.language || "text"}</span>
            <CopyButton text={block.text} label="Copy code" />
          </div>
          <pre tabIndex={0}>
            <code>{block.text}</code>
          </pre>
        </div>
      );
    case "quote":
      return <blockquote>{block.children.map((child, at) => <BlockView key={at} block={child} cite={cite} />)}</blockquote>;
    case "list": {
      const items = block.items.map((item, at) => (
        <li key={at}>
          {item.map((child, n) => (child.kind === "paragraph" ? <Fragment key={n}>{inline(child.children, cite)}</Fragment> : <BlockView key={n} block={child} cite={cite} />))}
        </li>
      ));
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div className={styles.table} tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, at) => (
                  <th key={at} data-align={block.align[at] ?? undefined}>
                    {inline(cell, cite)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, n) => (
                <tr key={n}>
                  {row.map((cell, at) => (
                    <td key={at} data-align={block.align[at] ?? undefined}>
                      {inline(cell, cite)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "rule":
      return <hr />;
  }
}

function inline(nodes: Inline[], cite: Cite): ReactNode[] {
  return nodes.map((node, at) => {
    switch (node.kind) {
      case "text":
        /* A number alone at the beginning of a line would seem to belong to what follows. */
        return <Fragment key={at}>{nodes[at + 1]?.kind === "citation" ? node.text.replace(/ +$/, "\u00a0") : node.text}</Fragment>;
      case "code":
        return <code key={at}>{node.text}</code>;
      case "strong":
        return <strong key={at}>{inline(node.children, cite)}</strong>;
      case "emphasis":
        return <em key={at}>{inline(node.children, cite)}</em>;
      case "strike":
        return <del key={at}>{inline(node.children, cite)}</del>;
      case "link":
        return (
          <a key={at} href={node.href} {...(/^https?:/i.test(node.href) ? { target: "_blank", rel: "noopener noreferrer" } : {})}>
            {inline(node.children, cite)}
          </a>
        );
      case "citation":
        return <Fragment key={at}>{cite(node.index) ?? `[${node.index}]`}</Fragment>;
      case "break":
        return <br key={at} />;
    }
  });
}
