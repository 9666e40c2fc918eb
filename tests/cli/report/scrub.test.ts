import { describe, expect, it } from "vitest";
import { createScrub } from "../../../src/cli/report/scrub.ts";

const scrub = createScrub({
  withoutSecrets: (text) => text.replaceAll("relay-secret", "[secret]"),
  personal: ["ada@example.com", "5ca1ab1e-0000", "Ada Lovelace", "ab"],
  homeDirectory: "/home/adal",
  names: ["adal", "adas-mac", "root", "x", "a.b(c)"],
});

describe("a report's scrub", () => {
  it.each([
    ["a relay-secret here", "a [secret] here"],
    ["for Ada Lovelace (5ca1ab1e-0000)", "for [account] ([account])"],
    ["/home/adal/.airelays and /home/adal", "~/.airelays and ~"],
    ["C:\\Users\\adal\\x", "C:\\Users\\[name]\\x"],
    ["ADAL on adas-mac, not adalbert", "[name] on [name], not adalbert"],
    ["root in /root", "root in /root"],
    ["other+tag@mail.example.org", "[e-mail]"],
    ["a***@example.com", "[e-mail]"],
    ["eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln", "[token]"],
    ["sk-proj-1234567890abcdef", "[token]"],
    ["Authorization: Bearer abcdefgh12345", "Authorization: Bearer [token]"],
    ["http://me:pass@proxy:3128/x", "http://[credentials]@proxy:3128/x"],
    ["user-StandInNobody__5ca1", "[account]"],
    ["dab of abacus", "dab of abacus"],
  ])("makes %j of it", (given, clean) => {
    expect(scrub.text(given)).toBe(clean);
  });

  it("reaches every text of a value, and the names of its fields", () => {
    expect(scrub.value([{ "ada@example.com": ["/home/adal", 1, null, true] }])).toEqual([
      { "[account]": ["~", 1, null, true] },
    ]);
  });

  it("knows a home of Windows with either slash", () => {
    const windows = createScrub({
      withoutSecrets: (text) => text,
      personal: [],
      homeDirectory: "C:\\Users\\Ada L",
      names: [],
    });
    expect(windows.text("C:\\Users\\Ada L\\a C:/Users/Ada L/b C:\\\\Users\\\\Ada L\\\\c")).toBe(
      "~\\a ~/b ~\\\\c",
    );
  });
});
