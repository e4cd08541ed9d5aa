import type { Component } from 'svelte';
import ChartLine from '@lucide/svelte/icons/chart-line';
import Columns2 from '@lucide/svelte/icons/columns-2';
import FileText from '@lucide/svelte/icons/file-text';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import Layers from '@lucide/svelte/icons/layers';
import ListChecks from '@lucide/svelte/icons/list-checks';
import Sigma from '@lucide/svelte/icons/sigma';
import type { Address } from '../state/address.ts';
import CompareView from './compare/compare-view.svelte';
import ComparisonView from './compare/comparison-view.svelte';
import NewComparison from './compare/new-comparison.svelte';
import PairView from './compare/pair-view.svelte';
import FeatureView from './feature/feature-view.svelte';
import FeaturesView from './features/features-view.svelte';
import JobsView from './jobs/jobs-view.svelte';
import MapView from './map/map-view.svelte';
import ProjectView from './project/project-view.svelte';
import ReportsView from './reports/reports-view.svelte';
import RunView from './run/run-view.svelte';
import RunsView from './runs/runs-view.svelte';
import StatisticsView from './statistics/statistics-view.svelte';
import TrainView from './train/train-view.svelte';

/** The pages of a project, in the order of the side bar. Their ids are the first word of an address. */
export const sidebarPages = [
  { id: 'project', title: 'Project', keys: 'g p', icon: FolderOpen },
  { id: 'runs', title: 'Runs', keys: 'g r', icon: ChartLine },
  { id: 'features', title: 'Features', keys: 'g f', icon: Layers },
  { id: 'compare', title: 'Compare', keys: 'g c', icon: Columns2 },
  { id: 'statistics', title: 'Statistics', keys: 'g s', icon: Sigma },
  { id: 'reports', title: 'Reports', keys: 'g e', icon: FileText },
  { id: 'jobs', title: 'Jobs', keys: 'g j', icon: ListChecks },
] as const;

interface View {
  readonly component: Component;
  /** A view is made anew when this changes. */
  readonly key: string;
}

/** The view of an address. What an address does not name properly leads to the project's page. */
export function viewOf({ page, parts }: Address): View {
  const [first, second] = parts;
  switch (page) {
    case 'runs':
      if (first === 'new') return { component: TrainView, key: 'train' };
      return first === undefined
        ? { component: RunsView, key: 'runs' }
        : { component: RunView, key: `run ${first}` };
    case 'features':
      if (second === 'map') return { component: MapView, key: `map ${first}` };
      return second === undefined
        ? { component: FeaturesView, key: 'features' }
        : { component: FeatureView, key: `feature ${first}` };
    case 'compare':
      if (first === 'new') return { component: NewComparison, key: 'new comparison' };
      if (first === undefined) return { component: CompareView, key: 'compare' };
      return second === undefined
        ? { component: ComparisonView, key: `comparison ${first}` }
        : { component: PairView, key: `pair ${first} ${second}` };
    case 'statistics':
      return { component: StatisticsView, key: 'statistics' };
    case 'reports':
      return { component: ReportsView, key: 'reports' };
    case 'jobs':
      return { component: JobsView, key: 'jobs' };
    default:
      return { component: ProjectView, key: 'project' };
  }
}

export interface Crumb {
  readonly title: string;
  readonly page: string;
  readonly parts: readonly string[];
}

/** The way from the project to an address. @param nameOf what a thing with an id is called */
export function crumbsOf({ page, parts }: Address, nameOf: (id: string) => string): Crumb[] {
  const known = sidebarPages.find(({ id }) => id === page) ?? sidebarPages[0];
  const crumbs: Crumb[] = [{ title: known.title, page: known.id, parts: [] }];
  const [first, second] = parts;
  if (page === 'runs' && first !== undefined)
    crumbs.push({ title: first === 'new' ? 'New training' : nameOf(first), page, parts: [first] });
  if (page === 'features' && first !== undefined && second !== undefined) {
    crumbs.push({ title: nameOf(first), page, parts: [first] });
    const title = second === 'map' ? 'Map' : `Feature ${second}`;
    crumbs.push({ title, page, parts: [first, second] });
  }
  if (page === 'compare' && first !== undefined) {
    const title = first === 'new' ? 'New comparison' : nameOf(first);
    crumbs.push({ title, page, parts: [first] });
    if (second !== undefined)
      crumbs.push({ title: `Pair ${second.replace('-', ' and ')}`, page, parts: [first, second] });
  }
  return crumbs;
}

export function pageTitle(address: Address, nameOf: (id: string) => string): string {
  return crumbsOf(address, nameOf)
    .map(({ title }) => title)
    .reverse()
    .join(' · ');
}
