// Who is signed in, and in which workspace they act.
import { actAs, get, Problem, send } from "../api/client";
import type { SignedInUser, Workspace } from "../api/types";

const REMEMBERED = "tracehouse.workspace";

class Account {
  user = $state.raw<SignedInUser["user"]>();
  workspaces = $state.raw<Workspace[]>([]);
  workspace = $state.raw<Workspace>();
  problem = $state.raw<Problem>();
  known = $state(false);

  /** Whether one may say who may what here. */
  get isOwner(): boolean {
    return this.workspace?.role === "owner";
  }

  get mayWrite(): boolean {
    return this.workspace !== undefined && this.workspace.role !== "viewer";
  }

  async read(): Promise<void> {
    try {
      this.take(await get<SignedInUser>("/v1/account"));
    } catch (error) {
      this.user = undefined;
      this.problem = error instanceof Problem && error.status !== 401 ? error : undefined;
    }
    this.known = true;
  }

  take(told: SignedInUser): void {
    const remembered = localStorage.getItem(REMEMBERED);
    this.user = told.user;
    this.workspaces = told.workspaces;
    this.workspace = told.workspaces.find((one) => one.id === remembered) ?? told.workspaces[0];
    this.problem = undefined;
    this.known = true;
    actAs(told.csrf_token ?? "", this.workspace?.id ?? "");
  }

  async signIn(email: string, password: string): Promise<void> {
    this.take(await send<SignedInUser>("POST", "/v1/auth/login", { email, password }));
  }

  async signOut(): Promise<void> {
    await send("POST", "/v1/auth/logout");
    location.assign("/");
  }

  enter(workspace: Workspace): void {
    localStorage.setItem(REMEMBERED, workspace.id);
    location.assign("/");
  }
}

export const account = new Account();
