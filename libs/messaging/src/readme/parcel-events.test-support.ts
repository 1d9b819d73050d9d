import { Contract, defineStream } from '../index.ts';
import { IsInt, IsString, Min } from 'class-validator';

/** Events are published as `parcel.<key>.<event>`. */
export const PARCELS = defineStream({ name: 'PARCELS', prefix: 'parcel', owner: 'depot' });

@Contract<ParcelAccepted>({
  stream: PARCELS,
  event: 'accepted',
  version: 1,
  key: (event) => event.customerId,
  example: { customerId: 'c-17', parcelId: 'p-1', grams: 1_200 },
})
export class ParcelAccepted {
  @IsString()
  customerId!: string;

  @IsString()
  parcelId!: string;

  @IsInt()
  @Min(1)
  grams!: number;
}

@Contract<ParcelBooked>({
  stream: PARCELS,
  event: 'booked',
  version: 1,
  key: (event) => event.customerId,
  example: { customerId: 'c-17', parcelId: 'p-1', route: 'R-9' },
})
export class ParcelBooked {
  @IsString()
  customerId!: string;

  @IsString()
  parcelId!: string;

  @IsString()
  route!: string;
}

@Contract<ParcelLoaded>({
  stream: PARCELS,
  event: 'loaded',
  version: 1,
  key: (event) => event.customerId,
  example: { customerId: 'c-17', parcelId: 'p-1', route: 'R-9' },
})
export class ParcelLoaded {
  @IsString()
  customerId!: string;

  @IsString()
  parcelId!: string;

  @IsString()
  route!: string;
}
