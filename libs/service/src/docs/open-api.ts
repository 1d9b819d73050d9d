import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** The process's OpenAPI page at `/docs`, its JSON at `/docs-json`. Made when first asked for, not at each boot. */
export function serveOpenApi(app: INestApplication, name: string): void {
  const config = new DocumentBuilder().setTitle(name).setVersion('0.1.0').build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), {
    customSiteTitle: `${name} API`,
    raw: ['json'],
  });
}
