// Acts of the audit log in words.
const WORDS: Record<string, string> = {
  "api_key.create": "Made a key",
  "api_key.revoke": "Revoked a key",
  "member.add": "Took somebody in",
  "member.change": "Changed a role",
  "member.remove": "Took somebody out",
  "share_link.create": "Made a share link",
  "share_link.revoke": "Took a share link back",
  "password.change": "Changed their password",
  "sign_in.link": "Signed in by a link",
  "sign_in.password": "Signed in",
  "sign_in.oidc": "Signed in by the organisation",
  "sign_in.refused": "A sign-in was refused",
  "sign_out": "Signed out",
  "workspace.create": "Made the workspace",
  "forward.create": "Made a forward",
  "forward.change": "Changed a forward",
  "forward.delete": "Deleted a forward",
  "workspace.claim": "Claimed the workspace",
  "project.retention": "Changed how long a project stays",
  "project.delete": "Deleted a project",
  "subject.delete": "Deleted a subject",
  "backup.create": "Made a backup",
  "hub.push": "Pushed to the Hub",
  "hub_token.save": "Saved a Hugging Face token",
  "hub_token.delete": "Forgot the Hugging Face token",
};

/** An act that has no words here is shown by its name. */
export function actName(act: string): string {
  return WORDS[act] ?? act.replace(/[._]/g, " ");
}
