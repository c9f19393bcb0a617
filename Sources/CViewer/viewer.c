#include "CViewer.h"

#include <string.h>

// #embed is of C23; clang has it in older C, too, and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char comparison_js[] = {
#embed "page/comparison.js"
};
static const unsigned char data_js[] = {
#embed "page/data.js"
};
static const unsigned char design_progress_js[] = {
#embed "page/design-progress.js"
};
static const unsigned char designs_js[] = {
#embed "page/designs.js"
};
static const unsigned char elements_js[] = {
#embed "page/elements.js"
};
static const unsigned char episode_table_js[] = {
#embed "page/episode-table.js"
};
static const unsigned char event_detail_js[] = {
#embed "page/event-detail.js"
};
static const unsigned char event_list_js[] = {
#embed "page/event-list.js"
};
static const unsigned char event_text_js[] = {
#embed "page/event-text.js"
};
static const unsigned char interval_plot_js[] = {
#embed "page/interval-plot.js"
};
static const unsigned char page_html[] = {
#embed "page/page.html"
};
static const unsigned char page_js[] = {
#embed "page/page.js"
};
static const unsigned char player_controls_js[] = {
#embed "page/player-controls.js"
};
static const unsigned char player_js[] = {
#embed "page/player.js"
};
static const unsigned char report_curves_js[] = {
#embed "page/report-curves.js"
};
static const unsigned char report_js[] = {
#embed "page/report.js"
};
static const unsigned char scale_js[] = {
#embed "page/scale.js"
};
static const unsigned char script_graph_js[] = {
#embed "page/script-graph.js"
};
static const unsigned char script_language_js[] = {
#embed "page/script-language.js"
};
static const unsigned char sequence_diagram_js[] = {
#embed "page/sequence-diagram.js"
};
static const unsigned char side_by_side_js[] = {
#embed "page/side-by-side.js"
};
static const unsigned char step_chart_js[] = {
#embed "page/step-chart.js"
};
static const unsigned char step_drawings_js[] = {
#embed "page/step-drawings.js"
};
static const unsigned char table_js[] = {
#embed "page/table.js"
};
static const unsigned char text_js[] = {
#embed "page/text.js"
};
static const unsigned char timeline_js[] = {
#embed "page/timeline.js"
};
static const unsigned char tokens_js[] = {
#embed "page/tokens.js"
};
static const unsigned char viewer_css[] = {
#embed "page/viewer.css"
};

#define PART(name, bytes) {name, bytes, sizeof(bytes)}
static const troupe_viewer_part parts[] = {
    PART("comparison.js", comparison_js),
    PART("data.js", data_js),
    PART("design-progress.js", design_progress_js),
    PART("designs.js", designs_js),
    PART("elements.js", elements_js),
    PART("episode-table.js", episode_table_js),
    PART("event-detail.js", event_detail_js),
    PART("event-list.js", event_list_js),
    PART("event-text.js", event_text_js),
    PART("interval-plot.js", interval_plot_js),
    PART("page.html", page_html),
    PART("page.js", page_js),
    PART("player-controls.js", player_controls_js),
    PART("player.js", player_js),
    PART("report-curves.js", report_curves_js),
    PART("report.js", report_js),
    PART("scale.js", scale_js),
    PART("script-graph.js", script_graph_js),
    PART("script-language.js", script_language_js),
    PART("sequence-diagram.js", sequence_diagram_js),
    PART("side-by-side.js", side_by_side_js),
    PART("step-chart.js", step_chart_js),
    PART("step-drawings.js", step_drawings_js),
    PART("table.js", table_js),
    PART("text.js", text_js),
    PART("timeline.js", timeline_js),
    PART("tokens.js", tokens_js),
    PART("viewer.css", viewer_css),
};

const troupe_viewer_part *troupe_viewer_file(const char *name) {
  for (unsigned long index = 0; index < sizeof(parts) / sizeof(parts[0]); index++) {
    if (strcmp(parts[index].name, name) == 0) return &parts[index];
  }
  return NULL;
}
