/** What completion reads of oclif.manifest.json. Types only. */

export interface CompletedFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly options?: readonly string[];
  readonly multiple?: boolean;
  readonly hidden?: boolean;
  readonly summary?: string;
  readonly helpGroup?: string;
}

export interface CompletedArg {
  readonly name: string;
  readonly options?: readonly string[];
  readonly multiple?: boolean;
  readonly hidden?: boolean;
}

export interface CompletedCommand {
  readonly id: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly strict?: boolean;
  readonly flags: Readonly<Record<string, CompletedFlag>>;
  readonly args: Readonly<Record<string, CompletedArg>>;
}

export interface CompletedProgram {
  readonly commands: Readonly<Record<string, CompletedCommand>>;
  readonly topics: Readonly<Record<string, { readonly description?: string }>>;
}
