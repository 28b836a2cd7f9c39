/* global React, ReactDOM, GraphiQL, orreryExamples */
// Everything comes from our own origin: the page works without any outside network. Subscriptions go over the WebSocket beside /graphql.
const endpoint = new URL('/graphql', location.href)
const socket = new URL(endpoint)
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:'

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: endpoint.toString(), subscriptionUrl: socket.toString() }),
    defaultTabs: orreryExamples.map((query) => ({ query })),
    // Tokens typed into the headers pane must not outlive the page.
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: false,
  }),
)
