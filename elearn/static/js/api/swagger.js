// The OpenAPI document with Swagger UI. Reads: data-schema (its address), meta[name=csrf-token].
const place = document.getElementById("swagger");
const csrf = document.querySelector('meta[name="csrf-token"]').content;

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null, // nothing is sent to other servers
  requestInterceptor: (request) => {
    // Whoever is signed in to the school tries it as themselves; a bearer token needs no other proof.
    if (!["GET", "HEAD"].includes(request.method ?? "GET")) request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
