import { Env, ProcessConfig } from '@orderflow/service';
import { IsNotEmpty, IsString } from 'class-validator';

export class SandboxConfig extends ProcessConfig {
  /** File of everything that the sandbox must not forget; made when missing. */
  @Env('STATE_FILE')
  @IsString()
  @IsNotEmpty({ message: 'must name a file' })
  stateFile!: string;
}
