import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { renderLoginPage } from "../../src/auth/login-page.ts";

describe("the page after the consent", () => {
  it("T38 escapes what it shows", () => {
    const { html } = renderLoginPage({
      title: "<b>title</b>",
      text: `"quoted" & 'single' <script>alert(1)</script>`,
    });
    expect(html).toContain("<h1>&lt;b&gt;title&lt;/b&gt;</h1>");
    expect(html).toContain(
      "<p>&quot;quoted&quot; &amp; &#39;single&#39; &lt;script&gt;alert(1)&lt;/script&gt;</p>",
    );
    expect(html).not.toContain("<script");
  });

  it("T38 may run and load nothing, be framed nowhere and kept by no cache", () => {
    const { html, headers } = renderLoginPage({ title: "t", text: "x" });
    const style = /<style>(.*)<\/style>/.exec(html)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(headers).toEqual({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
  });
});
