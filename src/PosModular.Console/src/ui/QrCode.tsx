import { useEffect, useState } from "react";

const Margin = 4;

/** The dark squares of a QR code as the path of a drawing, a rectangle for each run in a row. */
export function pathOf(size: number, isDark: (x: number, y: number) => boolean): string {
  let path = "";
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      if (!isDark(x, y)) continue;
      const start = x;
      while (x + 1 < size && isDark(x + 1, y)) x++;
      path += `M${start + Margin} ${y + Margin}h${x - start + 1}v1h-${x - start + 1}z`;
    }
  return path;
}

/** A text as a QR code, black on white whatever the colours of the page, as scanners need it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [drawing, setDrawing] = useState<{ size: number; path: string } | null>(null);
  useEffect(() => {
    let current = true;
    void import("lean-qr").then(({ generate }) => {
      const code = generate(text);
      if (current) setDrawing({ size: code.size + 2 * Margin, path: pathOf(code.size, (x, y) => code.get(x, y)) });
    });
    return () => {
      current = false;
    };
  }, [text]);
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${drawing?.size ?? 1} ${drawing?.size ?? 1}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={drawing?.path ?? ""} fill="#000" />
    </svg>
  );
}
