import { type FormEvent, useState } from "react";
import { request } from "../../live/request";
import { plural } from "../../money/money";
import { formatDateTime } from "../../time/time";
import { FormError } from "../../ui/Field";
import { QrCode } from "../../ui/QrCode";
import { useMutation } from "../../ui/useMutation";
import { AssignMutation, ClaimCodeMutation, LinkIdentityMutation } from "./queries";

/** What matched a transaction to its user, in words. */
const matches = {
  HAND: "assigned by hand",
  CLAIM: "claimed with the code of the receipt",
  CARD: "by a linked card",
  CUSTOMER: "by a linked customer",
  CONTACT: "by a linked e-mail address or phone number",
} as const;

/** What the venue can recognise the guest by at the next payment, in words. */
const identities = {
  CARD: "card",
  CUSTOMER: "customer",
  EMAIL: "e-mail address",
  PHONE: "phone number",
} as const;

interface GuestProps {
  venueId: string;
  transactionId: string;
  userId: string | null;
  matchedBy: keyof typeof matches | null;
  identityKinds: readonly (keyof typeof identities)[];
  zone: string;
}

/** Whose payment it is, and the ways to say so: by hand, by what the guest is recognised by, or by a code for the guest. */
export function Guest({ venueId, transactionId, userId, matchedBy, identityKinds, zone }: GuestProps) {
  const { run, busy, error } = useMutation();
  const [text, setText] = useState("");
  const [done, setDone] = useState("");
  const change = (send: Parameters<typeof run>[0]) => void run(send, () => setText(""));
  const assign = (to: string | null) => {
    setDone("");
    change(async () => (await request(AssignMutation, { input: { venueId, transactionId, userId: to } })).assignTransaction);
  };
  const link = (kind: keyof typeof identities) =>
    change(async () => {
      const input = { venueId, transactionId, kind, userId: text.trim() };
      const payload = (await request(LinkIdentityMutation, { input })).linkIdentity;
      setDone(payload.errors.length > 0 ? "" : `${plural(payload.matchedTransactions, "payment")} matched anew.`);
      return payload;
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) assign(text.trim());
  };
  return (
    <>
      <form className="form" onSubmit={submit}>
        <p>
          {userId ? (
            <>
              {userId} <span className="quiet">{matchedBy ? matches[matchedBy] : ""}</span>
            </>
          ) : (
            <span className="quiet">No guest is known for this payment.</span>
          )}
        </p>
        <div className="filters">
          <label className="field">
            <span>User id</span>
            <input className="input" value={text} onChange={(event) => setText(event.target.value)} />
          </label>
          <button type="submit" className="button" disabled={busy || !text.trim()}>
            Assign this payment
          </button>
          {identityKinds.map((kind) => (
            <button type="button" className="button" key={kind} disabled={busy || !text.trim()} onClick={() => link(kind)}>
              Link the {identities[kind]}
            </button>
          ))}
          {userId ? (
            <button type="button" className="link" onClick={() => assign(null)}>
              Remove the guest
            </button>
          ) : null}
        </div>
        <FormError error={error} />
        {done ? <p role="status">{done}</p> : null}
      </form>
      {matchedBy === "HAND" || matchedBy === "CLAIM" ? null : (
        <ClaimCode venueId={venueId} transactionId={transactionId} zone={zone} hasIdentity={identityKinds.length > 0} />
      )}
    </>
  );
}

interface ClaimProps {
  venueId: string;
  transactionId: string;
  zone: string;
  hasIdentity: boolean;
}

/** A code with which the guest ties the payment to themselves. It is shown this once. */
function ClaimCode({ venueId, transactionId, zone, hasIdentity }: ClaimProps) {
  const { run, busy, error } = useMutation();
  const [linkCard, setLinkCard] = useState(true);
  const [includePast, setIncludePast] = useState(true);
  const [created, setCreated] = useState<{ code: string; expiresAt: string } | null>(null);
  const create = () =>
    void run(async () => {
      const input = { venueId, transactionId, linkCard, includePast };
      const payload = (await request(ClaimCodeMutation, { input })).createClaimCode;
      if (payload.code && payload.expiresAt) setCreated({ code: payload.code, expiresAt: payload.expiresAt });
      return payload;
    });
  if (created)
    return (
      <figure className="claim">
        <QrCode text={created.code} label={`The code ${created.code}`} />
        <figcaption className="form">
          <p className="mono strong">{created.code}</p>
          <p className="quiet small">
            Whoever is signed in and enters it first claims the payment, once, until {formatDateTime(created.expiresAt, zone)}. It
            is shown this once.
          </p>
          <div className="filters">
            <button type="button" className="button" onClick={() => window.print()}>
              Print
            </button>
            <button type="button" className="link" onClick={() => void navigator.clipboard.writeText(created.code)}>
              Copy
            </button>
          </div>
        </figcaption>
      </figure>
    );
  return (
    <details>
      <summary>Let the guest claim it</summary>
      <div className="form">
        <p className="quiet small">A code on the receipt lets the guest tie this payment to themselves.</p>
        {hasIdentity ? (
          <>
            <label>
              <input type="checkbox" checked={linkCard} onChange={(event) => setLinkCard(event.target.checked)} /> The card or
              customer is linked too
            </label>
            <label>
              <input
                type="checkbox"
                checked={includePast}
                disabled={!linkCard}
                onChange={(event) => setIncludePast(event.target.checked)}
              />{" "}
              Earlier payments come along
            </label>
          </>
        ) : null}
        <FormError error={error} />
        <div>
          <button type="button" className="button" disabled={busy} onClick={create}>
            Create a claim code
          </button>
        </div>
      </div>
    </details>
  );
}
